// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

private const val SLOTS = 64

/** The number of datagrams that a receive asks for. */
class DensitySpec :
    FunSpec({
        /** Receives while the given number of datagrams arrive each time. Returns the numbers that were asked for. */
        fun Density.receive(vararg there: Int) =
            there.map { waiting -> ask(SLOTS).also { came(it, minOf(it, waiting)) } }

        fun sparse() = Density().apply { receive(*IntArray(8) { 1 }) }

        test("as many as fit are requested until eight arrived singly") {
            Density().receive(*IntArray(9) { 1 }) shouldContainExactly List(8) { SLOTS } + 1
        }

        test("of single datagrams, every eighth is received with a request for more") {
            sparse().receive(*IntArray(16) { 1 }) shouldContainExactly
                List(7) { 1 } + SLOTS + List(7) { 1 } + SLOTS
        }

        test("after more than one arrived, as many as fit are requested") {
            val density = sparse()
            density.receive(*IntArray(8) { 5 }) shouldContainExactly List(7) { 1 } + SLOTS
            density.receive(*IntArray(9) { 1 }) shouldContainExactly List(8) { SLOTS } + 1
        }

        test("after an overrun as many as fit are requested") {
            val density = sparse()
            density.crowded()
            density.receive(*IntArray(9) { 1 }) shouldContainExactly List(8) { SLOTS } + 1
        }

        test("a socket with one slot requests one") {
            Density().ask(1) shouldBe 1
        }
    })
