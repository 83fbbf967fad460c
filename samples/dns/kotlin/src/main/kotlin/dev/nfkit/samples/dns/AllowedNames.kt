// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns

import org.xbill.DNS.Name

/** Names that may be connected to: `example.com` is that name alone, `*.example.com` stands for all names below it. */
internal class AllowedNames(
    patterns: Iterable<String>,
) {
    private val names: Set<Name>
    private val parents: List<Name>

    init {
        val (wild, plain) = patterns.map { Name.fromString(it, Name.root) }.partition { it.isWild }
        names = plain.toSet()
        parents = wild.map { Name(it, 1) }
    }

    operator fun contains(name: Name): Boolean = name in names || parents.any { name != it && name.subdomain(it) }
}
