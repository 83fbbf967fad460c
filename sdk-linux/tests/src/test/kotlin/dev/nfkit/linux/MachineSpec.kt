package dev.nfkit.linux

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

class MachineSpec :
    FunSpec({
        test("both architectures of 64-bit Linux are served, under each of their names") {
            for (name in listOf("amd64", "x86_64", "aarch64", "AMD64")) {
                Machine.unsuited("Linux", name, true).shouldBeNull()
            }
        }

        test("another system is refused with what to do instead") {
            Machine.unsuited("Mac OS X", "aarch64", true)!! shouldContain "this is Mac OS X; elsewhere replay"
        }

        test("another architecture is refused by its name") {
            for (name in listOf("i386", "arm", "riscv64", "ppc64le", "s390x", "")) {
                Machine.unsuited("Linux", name, true)!! shouldContain "architecture is $name; take a 64-bit JVM"
            }
            Machine.unsuited("Linux", "aarch64", false)!! shouldContain "memory layouts"
        }

        test("where JNA cannot unpack, the cause and the cure are named, each time").config(enabledOrReasonIf = {
            Live.enabled(noLinux)
        }) {
            val lines =
                run(
                    *probe(emptyList(), "open", property = "jna.tmpdir=/proc/nfkit").toTypedArray(),
                ).lines().filter {
                    it.startsWith("load")
                }
            lines.size shouldBe 2
            for (line in lines) {
                line shouldContain "ENOSYS"
                line shouldContain "it unpacks into /proc/nfkit"
                line shouldContain "-Djna.tmpdir=DIR"
            }
        }
    })

private val noLinux = if (System.getProperty("os.name") == "Linux") null else "this is no Linux"
