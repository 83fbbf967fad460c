// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import io.kotest.core.spec.style.FunSpec

/**
 * Every callback of a queue's session fails with every kind of throwable in every phase. Each time every packet leaves
 * once, none is accepted undecided, the socket is released, the failure is reported, deadlines continue, and the
 * statistics balance. The combinations of one context run concurrently.
 */
class NfqueueFailureSpec :
    FunSpec({
        for (callback in QueueCallback.entries) {
            for (phase in callback.phases) {
                context("${callback.words} fails ${phase.words}") {
                    QueueFailure
                        .of(callback, phase)
                        .map { it to SeparateRun("$it") { QueueFailureRun(it).check() } }
                        .forEach { (failure, run) -> test(failure.toString()) { run.join() } }
                }
            }
        }
    })
