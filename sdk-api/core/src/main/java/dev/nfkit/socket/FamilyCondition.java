// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.wire.MessageCursor;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** A condition that holds if a message is of one of a set of address families ({@code nfgen_family}). */
public record FamilyCondition(Set<Integer> families) implements EventCondition {
    /**
     * A condition of the family.
     *
     * @param families the families' numbers, 0 to 255, at least one; {@link dev.nfkit.AddressFamily} has the known ones
     * @throws IllegalArgumentException if there is none, or one is out of range
     */
    public FamilyCondition(Set<Integer> families) {
        if (families.isEmpty()) {
            throw new IllegalArgumentException("families is empty: no message could match");
        }
        for (int family : families) {
            if (family < 0 || family > 255) {
                throw new IllegalArgumentException("family " + family + " is out of 0 to 255");
            }
        }
        this.families = Collections.unmodifiableSet(new TreeSet<>(families));
    }

    /**
     * A condition of the family.
     *
     * @param first a family's number, 0 to 255
     * @param more others that match, too
     * @return the condition
     * @throws IllegalArgumentException if one is out of range
     */
    public static FamilyCondition of(int first, int... more) {
        Set<Integer> families = new TreeSet<>(Set.of(first));
        for (int family : more) {
            families.add(family);
        }
        return new FamilyCondition(families);
    }

    /**
     * The families that match.
     *
     * @return their numbers, in ascending order, unmodifiable
     */
    @Override
    public Set<Integer> families() {
        return families;
    }

    @Override
    public boolean matches(MessageCursor message) {
        return message.hasNfgenmsg() && families.contains(message.family());
    }

    /**
     * The condition as text.
     *
     * @return text such as {@code family in [2, 10]}
     */
    @Override
    public String toString() {
        return "family in " + families;
    }
}
