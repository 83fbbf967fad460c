// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.nio.file.Path

class MachineSpec :
    FunSpec({
        test("both architectures of 64-bit Linux are supported, by each of their names") {
            for (name in listOf("amd64", "x86_64", "aarch64", "AMD64")) {
                Machine.unsuited("Linux", name, true).shouldBeNull()
            }
        }

        test("another system is refused with an alternative") {
            Machine.unsuited("Mac OS X", "aarch64", true)!! shouldContain "this is Mac OS X; elsewhere replay"
        }

        test("another architecture is refused by its name") {
            for (name in listOf("i386", "arm", "riscv64", "ppc64le", "s390x", "")) {
                Machine.unsuited("Linux", name, true)!! shouldContain "architecture is $name; take a 64-bit JVM"
            }
            Machine.unsuited("Linux", "aarch64", false)!! shouldContain "memory layouts"
        }

        test("if JNA cannot unpack, the cause and advice are named, each time").config(enabledOrReasonIf = {
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

        test("if a module is missing that JNA needs, the advice names it, each time").config(enabledOrReasonIf = {
            Live.enabled(noLinux)
        }) {
            val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
            val path = System.getProperty("java.class.path")
            val lines = run(java, "--limit-modules", "java.base", "-cp", path, "dev.nfkit.linux.Probe", "open").lines()
            val reported = lines.filter { it.startsWith("load") }
            reported.size shouldBe 2
            for (line in reported) {
                line shouldContain "jlink --add-modules java.logging"
                line shouldNotContain "jna.tmpdir"
            }
        }

        test("where java.lang.foreign is not permitted, a hint names the module to permit, which is not that of JNA") {
            LoadFailure.hint() shouldBe
                "start Java with --enable-native-access=ALL-UNNAMED: calls are faster then, and JNA is not loaded"
        }

        test("each cause has its own advice") {
            val permit = "--enable-native-access=ALL-UNNAMED, and calls go without JNA"

            fun reported(
                failure: Throwable,
                foreign: Boolean = false,
            ) = LoadFailure.explain(failure, foreign)
            reported(NoClassDefFoundError("com/sun/jna/Native")) shouldBe
                "JNA is missing (com.sun.jna.Native): add net.java.dev.jna:jna to the class path or module path"
            val logging = ClassNotFoundException("java.util.logging.Logger")
            reported(NoClassDefFoundError("java/util/logging/Logger").apply { initCause(logging) }) shouldBe
                "JNA needs the module java.logging, which this Java does not have: add it" +
                " (jlink --add-modules java.logging)"
            reported(NoClassDefFoundError("java/x/Y"), foreign = true) shouldContain "java.x.Y, which is missing"
            reported(NoClassDefFoundError("java/x/Y"), foreign = true) shouldContain permit
            reported(
                ExceptionInInitializerError(IllegalCallerException("Illegal native access from module com.sun.jna")),
            ) shouldBe
                "this JVM denies native access (Illegal native access from module com.sun.jna):" +
                " permit native access with $permit"
            reported(UnsatisfiedLinkError("no space")) shouldContain "(no space): it unpacks into"
            reported(UnsatisfiedLinkError("no space")) shouldNotContain permit
            reported(ExceptionInInitializerError(IllegalStateException("odd"))) shouldBe
                "JNA could not be initialized (java.lang.IllegalStateException: odd)"
        }
    })

private val noLinux = if (System.getProperty("os.name") == "Linux") null else "this is not Linux"
