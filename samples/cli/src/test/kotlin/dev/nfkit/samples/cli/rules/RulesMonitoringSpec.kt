// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.rules

import dev.nfkit.nftables.NftablesEvent
import dev.nfkit.samples.cli.Examples
import dev.nfkit.samples.cli.Schemas
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.string.shouldStartWith

class RulesMonitoringSpec :
    FunSpec({
        test("a change in the schema of nft has kind and time after it") {
            val change = "{\"add\": {\"table\": {\"family\": \"inet\", \"name\": \"filter\", \"handle\": 1}}}"
            Examples.check(RulesMonitoring.timed(change))
        }

        test("a loss has kind and time") {
            val line = RulesMonitoring.timed(NftablesEvent.Overrun(3).toJson())
            Schemas.check(line)
            line shouldStartWith "{\"overrun\": {\"lost\": 3}"
        }
    })
