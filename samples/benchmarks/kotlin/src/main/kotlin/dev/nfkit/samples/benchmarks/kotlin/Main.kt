package dev.nfkit.samples.benchmarks.kotlin

import dev.nfkit.coroutines.placeholderNames
import kotlinx.coroutines.flow.toList

/** Stands in until the real consumers arrive. */
public suspend fun main() {
    println(placeholderNames().toList())
}
