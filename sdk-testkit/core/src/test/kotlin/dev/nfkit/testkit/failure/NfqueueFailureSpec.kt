package dev.nfkit.testkit.failure

import io.kotest.core.spec.style.FunSpec

/**
 * Every callback of a queue's session fails by every kind of throwable in every phase. Each time every packet leaves once,
 * none passes undecided, the socket is released, the failure is found, deadlines go on, and the statistics balance. The
 * combinations of one context run beside each other.
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
