// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.socket.NetAdmin
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe

class PrivilegeSpec :
    FunSpec({
        fun status(capabilities: String) = "CapPrm:\t0000000000001000\nCapEff:\t$capabilities\n"

        test("root in the user namespace that owns the network namespace, or above it, has it") {
            Privilege.decide(status("000001ffffffffff"), true) shouldBe NetAdmin.HELD
            Privilege.decide(status("0000000000001000"), true) shouldBe NetAdmin.HELD
        }

        test("root of a user namespace below the owner has it elsewhere") {
            Privilege.decide(status("000001ffffffffff"), false) shouldBe NetAdmin.IN_OTHER_USER_NAMESPACE
        }

        test("a process without the bit lacks the capability, in any namespace") {
            for (within in listOf(true, false)) {
                Privilege.decide(status("0000000000000000"), within) shouldBe NetAdmin.MISSING
                Privilege.decide(status("000001ffffffefff"), within) shouldBe NetAdmin.MISSING
            }
        }

        test("a status without the line, or with another text in it, is unknown") {
            Privilege.decide("", true) shouldBe NetAdmin.UNKNOWN
            Privilege.decide(status("full"), true) shouldBe NetAdmin.UNKNOWN
        }

        fun found(vararg prefix: String): NetAdmin = NetAdmin.valueOf(probed(prefix.toList(), "net-admin"))

        test("a process with both namespaces of its own has it").config(enabledOrReasonIf = needsUserNamespaces) {
            found("unshare", "-Urn") shouldBe NetAdmin.HELD
        }

        test("a process with its own user namespace and another's network has it elsewhere")
            .config(enabledOrReasonIf = needsUserNamespaces) {
                found("unshare", "-Ur") shouldBe NetAdmin.IN_OTHER_USER_NAMESPACE
            }

        test("a process whose capability was dropped lacks it").config(enabledOrReasonIf = needsNetAdmin) {
            found("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin") shouldBe NetAdmin.MISSING
        }

        test("a process that may not exceed the limit on receive buffers gets the limit, and is notified")
            .config(enabledOrReasonIf = needsUserNamespaces) {
                val limit =
                    LinuxTransport
                        .current()
                        .kernel()
                        .receiveBufferLimit()
                        .get()
                val asked = 2 * limit
                probed(listOf("unshare", "-Urn"), "receive-buffer", asked.toString()).toLong() shouldBe 2 * limit
            }
    })
