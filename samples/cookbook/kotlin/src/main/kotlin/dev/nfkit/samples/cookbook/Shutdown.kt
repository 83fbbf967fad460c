// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook

import dev.nfkit.coroutines.useNfqueue
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.socket.NetlinkTransport
import kotlinx.coroutines.Job
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch

/** Decides packets until a job ends, and then those that still wait. */
public suspend fun NetlinkTransport.decideUntil(end: Job) {
    coroutineScope {
        useNfqueue({
            queue(0)
            closeVerdict = Verdict.ACCEPT
        }) {
            launch {
                end.join()
                stop() // the call below decides what waits, and returns
            }
            decide {
                delay(100) // slow, so that packets wait
                Verdict.ACCEPT
            }
        }
    }
}
