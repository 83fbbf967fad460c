// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.testkit.kotest.NetfilterExtension
import dev.nfkit.testkit.kotest.testNetwork
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import kotlin.io.path.writeText

class RulesApplyLiveSpec :
    FunSpec({
        extension(NetfilterExtension)

        for (page in listOf("user", "port", "dns", "loopback", "dropped", "container", "cidr")) {
            test("the rules of $page are the same by nft and by nfkit").config(enabledOrReasonIf = live) {
                inDirectory { directory ->
                    val network = testNetwork()
                    val text = Page(page).nft()
                    val file = directory.resolve("rules.nft").apply { writeText(text) }
                    network.client().nft(text)
                    network.server().nfkit("samples/nfkit rules apply $file").use { it.ended() }
                    val installed = network.server().exec("nft", "list", "ruleset")
                    installed shouldBe network.client().exec("nft", "list", "ruleset")
                    installed shouldNotBe ""
                }
            }
        }
    })
