// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.testkit.contract.ReconcileContract
import dev.nfkit.testkit.contract.RulesetHarness

/** The ruleset of this kernel is reconciled as that in memory is. */
class ReconcileContractSpec :
    ReconcileContract(Live.noNamespaces, {
        val namespace = Namespace()
        RulesetHarness(namespace.transport) { namespace.close() }
    })
