// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.dns;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.xbill.DNS.Name;
import org.xbill.DNS.TextParseException;

/**
 * The names that may be connected to.
 *
 * @param names names that are allowed themselves
 * @param parents names whose subdomains are allowed, at any depth
 */
record AllowedNames(Set<Name> names, Set<Name> parents) {
    /** Reads patterns: {@code example.com} is that name alone, {@code *.example.com} stands for all names below it. */
    static AllowedNames of(List<String> patterns) throws TextParseException {
        Set<Name> names = new HashSet<>();
        Set<Name> parents = new HashSet<>();
        for (String pattern : patterns) {
            Name name = Name.fromString(pattern, Name.root);
            if (name.isWild()) {
                parents.add(new Name(name, 1));
            } else {
                names.add(name);
            }
        }
        return new AllowedNames(names, parents);
    }

    /** Whether a name is allowed, in upper or lower case. */
    boolean contain(Name name) {
        return names.contains(name)
                || parents.stream().anyMatch(parent -> name.subdomain(parent) && !name.equals(parent));
    }
}
