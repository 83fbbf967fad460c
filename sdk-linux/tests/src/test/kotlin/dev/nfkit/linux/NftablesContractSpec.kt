// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.testkit.contract.NftablesContract
import dev.nfkit.testkit.contract.RulesetHarness

/** The ruleset of this kernel satisfies the contract of the ruleset in memory. */
class NftablesContractSpec :
    NftablesContract(Live.noNamespaces, {
        val namespace = Namespace()
        RulesetHarness(namespace.transport) { namespace.close() }
    })
