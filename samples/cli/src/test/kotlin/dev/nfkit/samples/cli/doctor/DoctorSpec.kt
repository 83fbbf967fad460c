// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.doctor

import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.nfqueue.QueueFeature
import dev.nfkit.nftables.Nftables
import dev.nfkit.nftables.Ruleset
import dev.nfkit.samples.cli.Examples
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.samples.cli.parseJson
import dev.nfkit.samples.cli.run.Failure
import dev.nfkit.socket.NetAdmin
import dev.nfkit.socket.SocketOwner
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.assertions.assertSoftly
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.ByteArrayOutputStream
import java.nio.file.Path
import java.util.EnumSet
import java.util.Optional

private class Files(
    private val texts: Map<String, String>,
) : SystemFiles {
    override fun text(path: String): Optional<String> = Optional.ofNullable(texts[path])
}

private fun files(vararg texts: Pair<String, String>) = Files(mapOf(*texts))

private fun List<Finding>.of(check: String) = single { it.check == check }

private fun printed(
    json: Boolean,
    vararg findings: Finding,
): String {
    val out = ByteArrayOutputStream()
    val output = TextOutput(out)
    DoctorCommand.print(findings.toList(), json, output)
    output.flush()
    return out.toString(Charsets.UTF_8)
}

private fun FakeNetfilter.firewall(text: String) =
    apply {
        Nftables.open(this).use { it.reconcile(Ruleset.parse(text)) }
    }

private fun FakeNetfilter.at(text: String) = PlaceChecks(this, files(), Place.parse(text)).check()

private val queueRule =
    { flags: String -> "table ip t { chain c { type filter hook input priority 0; queue$flags to 3-5; }; }" }

class DoctorSpec :
    FunSpec({
        val release = "6.1.0"
        val all = "CONFIG_NETFILTER_NETLINK_LOG=y\nCONFIG_NETFILTER_NETLINK_QUEUE=m\n# CONFIG_NFT_QUEUE is not set\n"

        test("a group whose owner cannot be read is not taken for one that is not bound") {
            val kernel = FakeNetfilter()
            val why = "open(nfnetlink_log): EACCES; run as root"
            kernel.kernel().unreadable(why)
            val findings = kernel.firewall(queueRule("")).at("queue:4")
            findings.map { it.health } shouldBe listOf(Health.WARNING, Health.OK)
            findings.first().cure.get() shouldBe why
            findings.last().check shouldBe "rule"
        }

        context("the options of the kernel") {
            test("are found in the first of three files that can be read") {
                for (file in listOf("/proc/config.gz", "/boot/config-6.1.0", "/lib/modules/6.1.0/config")) {
                    val findings = KernelOptions(files(file to all), release).check()
                    findings.of("CONFIG_NETFILTER_NETLINK_LOG").health shouldBe Health.OK
                }
                KernelOptions(files(), release).check().single().health shouldBe Health.WARNING
            }

            test("are problems if nothing works without them, and else warnings with a cure") {
                val findings = KernelOptions(files("/proc/config.gz" to all), release).check()
                assertSoftly {
                    findings.of("CONFIG_NF_CT_NETLINK").health shouldBe Health.PROBLEM
                    findings.of("CONFIG_NFT_QUEUE").health shouldBe Health.WARNING
                    findings.of("CONFIG_NFT_QUEUE").cure.get() shouldContain "-j NFQUEUE"
                }
            }

            test("that are modules must be loaded or installed") {
                fun queue(vararg more: Pair<String, String>) =
                    KernelOptions(files("/proc/config.gz" to all, *more), release)
                        .check()
                        .of("CONFIG_NETFILTER_NETLINK_QUEUE")
                val modules = "/lib/modules/6.1.0/modules.dep"
                assertSoftly {
                    queue().text shouldContain "loaded when it is needed"
                    queue("/sys/module/nfnetlink_queue/refcnt" to "0\n").text shouldContain ", loaded:"
                    queue(modules to "kernel/net/netfilter/nfnetlink_queue.ko.xz:\n").health shouldBe Health.OK
                    queue(modules to "kernel/net/netfilter/xt_mark.ko:\n").health shouldBe Health.PROBLEM
                }
            }
        }

        context("the system") {
            withData(
                Triple("Linux", "amd64", Health.OK),
                Triple("Linux", "aarch64", Health.OK),
                Triple("Linux", "s390x", Health.PROBLEM),
                Triple("Mac OS X", "aarch64", Health.PROBLEM),
            ) { (name, machine, health) -> KernelOptions.system(name, release, machine).health shouldBe health }
        }

        context("the capability") {
            withData(
                NetAdmin.HELD to Health.OK,
                NetAdmin.MISSING to Health.PROBLEM,
                NetAdmin.IN_OTHER_USER_NAMESPACE to Health.PROBLEM,
                NetAdmin.UNKNOWN to Health.WARNING,
            ) { (found, health) -> AccessChecks.capability(found, "/usr/bin/java").health shouldBe health }

            test("can be given to the Java that runs") {
                AccessChecks.capability(NetAdmin.MISSING, "/opt/j/bin/java").cure.get() shouldContain
                    "setcap cap_net_admin+ep /opt/j/bin/java"
            }
        }

        context("user namespaces") {
            val initial = "/proc/self/uid_map" to "         0          0 4294967295\n"

            fun userns(vararg texts: Pair<String, String>) =
                AccessChecks(files(*texts), FakeNetfilter().kernel()).check().of("userns")

            test("are permitted, or the setting that forbids them is named") {
                assertSoftly {
                    userns(initial).health shouldBe Health.OK
                    userns("/proc/self/uid_map" to "0 1000 1\n").text shouldContain "of its own"
                    userns(initial, "/proc/sys/user/max_user_namespaces" to "0\n").text shouldContain
                        "user.max_user_namespaces"
                    userns(initial, "/proc/sys/kernel/unprivileged_userns_clone" to "0\n").health shouldBe
                        Health.WARNING
                    userns(
                        initial,
                        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns" to "1\n",
                    ).cure.get() shouldContain
                        "sysctl kernel.apparmor"
                }
            }
        }

        context("the place of JNA's library") {
            val mounts =
                "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n" +
                    "30 22 0:30 / /tmp rw,nosuid,noexec - tmpfs tmpfs rw\n" +
                    "31 30 0:31 / /tmp/with\\040space rw - tmpfs tmpfs rw\nshort\n"
            withData("/tmp" to true, "/tmp/a/b" to true, "/tmpfoo" to false, "/tmp/with space/x" to false) {
                JavaChecks.noexec(Path.of(it.first), mounts) shouldBe it.second
            }

            test("is a problem on a mount with noexec") {
                val found = JavaChecks.place(Path.of("/tmp/x"), mounts)
                found.health shouldBe Health.PROBLEM
                found.cure.get() shouldContain "-Djna.tmpdir"
            }
        }

        context("one problem is reported once:") {
            test("without the capability, what needs it is not checked") {
                val kernel = FakeNetfilter().apply { kernel().netAdmin(NetAdmin.MISSING) }
                val findings = DoctorCommand.check(kernel, files(), Place.parse("queue:4"))
                findings.of("capability").health shouldBe Health.PROBLEM
                findings.of("netfilter").text shouldBe
                    "nftables, conntrack, nfqueue: not checked, because CAP_NET_ADMIN is missing"
                findings.filter { it.check != "capability" && "CAP_NET_ADMIN" in it.text }.map { it.health } shouldBe
                    listOf(Health.WARNING, Health.WARNING)
            }

            test("that queued packets lack their connection") {
                val supported = EnumSet.complementOf(EnumSet.of(QueueFeature.CONNTRACK))
                NetfilterChecks.queues(supported, true).text shouldContain "; not conntrack"
                NetfilterChecks.queues(supported, false).health shouldBe Health.OK
            }
        }

        test("the group or queue that was asked for is checked first") {
            DoctorCommand.check(FakeNetfilter(), files(), Place.parse("queue:4")).first().check shouldBe "queue:4"
        }

        context("connections") {
            fun connections(count: Int) =
                NetfilterChecks(
                    FakeNetfilter(),
                    files(
                        "/proc/sys/net/netfilter/nf_conntrack_count" to "$count\n",
                        "/proc/sys/net/netfilter/nf_conntrack_max" to "1000\n",
                    ),
                ).check(true).of("connections")

            test("are a warning once nine tenths of the table are used") {
                connections(899).health shouldBe Health.OK
                connections(900).health shouldBe Health.WARNING
                connections(900).cure.get() shouldContain "nf_conntrack_max=2000"
            }
        }

        context("a group") {
            test("that no process has bound loses what rules log") {
                val kernel = FakeNetfilter()
                kernel.at("nflog:7").single().health shouldBe Health.OK
                kernel.firewall(
                    "table ip t { chain c { type filter hook input priority 0; tcp dport 80 log group 7; }; }",
                )
                val found = kernel.at("nflog:7")
                found.of("rule").text shouldBe "ip t c: tcp dport 80 log group 7"
                found.of("nflog:7").health shouldBe Health.WARNING
                kernel.at("nflog:8").single().health shouldBe Health.OK
            }

            test("that is bound names its process, and lacks a rule") {
                val kernel = FakeNetfilter()
                NflogSession.open(kernel, NflogOptions.builder().group(7).build()).use {
                    kernel.at("nflog:7").map { it.health } shouldBe listOf(Health.OK, Health.WARNING)
                }
            }
        }

        context("a queue") {
            test("that no process has bound drops the packets of its rules") {
                val kernel = FakeNetfilter().firewall(queueRule(""))
                kernel.at("queue:4").of("queue:4").health shouldBe Health.PROBLEM
                kernel.at("nfqueue:6").single().health shouldBe Health.OK
            }

            test("lets packets pass if all rules have bypass") {
                val kernel = FakeNetfilter().firewall(queueRule(" flags bypass"))
                kernel.at("queue:3").of("queue:3").health shouldBe Health.WARNING
            }

            withData("nflog", "nflog:", "queue:65536", "nflog:30,31", "eth0:1") {
                shouldThrow<Failure> { Place.parse(it) }
            }
        }

        test("text has a line for each check, its cure, and the totals") {
            val text =
                printed(false, Finding.ok("java", "Java 17"), Finding.problem("x", "is missing", "add \u001b[2J x"))
            text.lines() shouldBe
                listOf(
                    "ok       java                             Java 17",
                    "problem  x                                is missing",
                    "         -> add .[2J x",
                    "",
                    "1 problem, 0 warnings, 1 ok",
                    "",
                )
        }

        test("JSON has an object for each group and queue, with its process") {
            val kernel =
                FakeNetfilter()
                    .kernel()
                    .ownGroup(30, 4711)
                    .owner(4711, SocketOwner(812, "ulogd"))
                    .ownQueue(0, 4712)
            val out = ByteArrayOutputStream()
            val text = TextOutput(out)
            ListCommand.print(kernel, true, text)
            text.flush()
            val lines = out.toString(Charsets.UTF_8).trim().lines()
            lines.map { parseJson(it)["kind"] } shouldBe listOf("bound_group", "bound_queue")
            lines.forEach(Examples::check)
        }

        test("JSON has an object for each check") {
            val finding = parseJson(printed(true, Finding.warning("a", "b", "c")).trim())
            Examples.check(printed(true, Finding.warning("CONFIG_NFT_QUEUE", "is not set", "use iptables")).trim())
            finding - "time" shouldBe
                mapOf(
                    "kind" to "finding",
                    "time_source" to "received",
                    "health" to "warning",
                    "check" to "a",
                    "text" to "b",
                    "cure" to "c",
                )
        }
    })
