// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack

internal fun lines(text: String): List<String> = text.lines().filter { it.isNotEmpty() }

/** A line without the fields that change between two listings. */
internal fun timeless(line: String): String =
    line
        .replace(Regex("^(ipv[46] +\\d+ )?(\\S+ +\\d+) \\d+ "), "$1$2 - ")
        .replace(Regex("delta-time=\\d+"), "delta-time=-")
