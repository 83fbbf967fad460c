// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nflog

import dev.nfkit.AddressFamily
import dev.nfkit.KernelRefusedException
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class NflogLoggersSpec :
    FunSpec({
        test("claimed loggers are restored, unless another process has changed them since") {
            val transport = FakeNetfilter()
            transport.kernel().logger(AddressFamily.IPV4, "nf_log_ipv4")
            transport.kernel().logger(AddressFamily.IPV6, "nf_log_ipv6")
            val options =
                NflogOptions
                    .builder()
                    .group(0)
                    .claimLogger(AddressFamily.IPV4, AddressFamily.IPV6)
                    .build()
            NflogSession.open(transport, options).use {
                transport.kernel().logger(AddressFamily.IPV4) shouldBe "nfnetlink_log"
                transport.kernel().logger(AddressFamily.IPV6) shouldBe "nfnetlink_log"
                transport.kernel().logger(AddressFamily.IPV6, "nf_log_syslog")
            }
            transport.kernel().logger(AddressFamily.IPV4) shouldBe "nf_log_ipv4"
            transport.kernel().logger(AddressFamily.IPV6) shouldBe "nf_log_syslog"
        }

        test("loggers are unchanged if the namespace's name refers to another namespace meanwhile") {
            val transport = FakeNetfilter()
            transport.kernel().logger(AddressFamily.IPV4, "nf_log_ipv4")
            val options =
                NflogOptions
                    .builder()
                    .group(0)
                    .claimLogger(AddressFamily.IPV4)
                    .build()
            NflogSession.open(transport, options).use { transport.kernel().namespaceId("net:[2]") }
            transport.kernel().logger(AddressFamily.IPV4) shouldBe "nfnetlink_log"
        }

        test("loggers are unchanged if they were not claimed, and restored if opening fails") {
            val transport = FakeNetfilter()
            transport.kernel().logger(AddressFamily.IPV4, "nf_log_ipv4")
            NflogSession.open(transport, options()).close()
            transport.sent().none { it.family() == AddressFamily.IPV4.number() } shouldBe true
            transport.kernel().ownGroup(7, 99)
            val claiming =
                NflogOptions
                    .builder()
                    .group(7)
                    .claimLogger(AddressFamily.IPV4)
                    .build()
            shouldThrow<KernelRefusedException> { NflogSession.open(transport, claiming) }
            transport.kernel().logger(AddressFamily.IPV4) shouldBe "nf_log_ipv4"
            transport.openSockets() shouldBe 0
        }
    })
