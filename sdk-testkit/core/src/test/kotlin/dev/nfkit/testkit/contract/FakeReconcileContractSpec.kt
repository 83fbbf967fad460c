// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.contract

import dev.nfkit.testkit.FakeNetfilter

/** The ruleset in memory is reconciled as the contract requires. */
class FakeReconcileContractSpec :
    ReconcileContract(null, {
        val kernel = FakeNetfilter()
        RulesetHarness(kernel) { kernel.verify() }
    })
