// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.testkit.FakeNetfilter

/** The ruleset in memory satisfies the contract. */
class FakeNftablesContractSpec :
    NftablesContract(null, {
        val kernel = FakeNetfilter()
        RulesetHarness(kernel) { kernel.verify() }
    })
