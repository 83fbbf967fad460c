package dev.nfkit.linux

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

private const val SLOTS = 64

/** How many datagrams a receive asks for. */
class DensitySpec :
    FunSpec({
        /** Receives while so many lie there each time; gives what was asked for. */
        fun Density.receive(vararg there: Int) =
            there.map { waiting -> ask(SLOTS).also { came(it, minOf(it, waiting)) } }

        fun sparse() = Density().apply { receive(*IntArray(8) { 1 }) }

        test("all that fit are asked for until eight came alone") {
            Density().receive(*IntArray(9) { 1 }) shouldContainExactly List(8) { SLOTS } + 1
        }

        test("of lone ones, each eighth is received with an eye for more") {
            sparse().receive(*IntArray(16) { 1 }) shouldContainExactly
                List(7) { 1 } + SLOTS + List(7) { 1 } + SLOTS
        }

        test("once more than one lay there, all that fit are asked for") {
            val density = sparse()
            density.receive(*IntArray(8) { 5 }) shouldContainExactly List(7) { 1 } + SLOTS
            density.receive(*IntArray(9) { 1 }) shouldContainExactly List(8) { SLOTS } + 1
        }

        test("behind an overrun all that fit are asked for") {
            val density = sparse()
            density.crowded()
            density.receive(*IntArray(9) { 1 }) shouldContainExactly List(8) { SLOTS } + 1
        }

        test("a socket of one slot asks for one") {
            Density().ask(1) shouldBe 1
        }
    })
