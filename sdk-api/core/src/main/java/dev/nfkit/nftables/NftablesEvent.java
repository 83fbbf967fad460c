// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

/**
 * A change of the ruleset, the end of a transaction, or a loss of events. Immutable.
 *
 * <p>The kernel sends the events of a transaction when it is committed, in the order of its changes, and then {@link
 * Committed}. Events of different transactions do not mix. If the kernel removes a table because its owner has closed its
 * socket, or an element because its time is over, there is no event.
 *
 * <p>A set that belongs to a rule has no events of its own: the rule contains it.
 *
 * <p>Follows {@code nf_tables_commit} in {@code nf_tables_api.c}.
 */
public sealed interface NftablesEvent {
    /** A change of one object. */
    sealed interface OfObject extends NftablesEvent {
        /**
         * The object. Elements of sets arrive one by one.
         *
         * @return the object, with its handle if it has one
         */
        RulesetObject object();

        /**
         * The netlink port of the socket that made the change, such as {@link Nftables#portId()} of an own one.
         *
         * @return 0 to 2³²−1
         */
        long portId();
    }

    /**
     * An object was added, or it existed and was changed: the kernel does not distinguish these. Rules are read: {@link
     * Rule#statements()} and {@link Rule#toText()} return what they do, and {@link Rule#position()} only if there is a rule after it, too. To replace a rule is to remove one and to add one.
     *
     * @param object the object as it is now
     * @param inserted whether it is a rule that was placed before the others of its chain, or before the one at its
     *     {@linkplain Rule#position() position}; a rule is placed after them otherwise
     * @param portId the socket that made the change
     */
    record Added(RulesetObject object, boolean inserted, long portId) implements OfObject {}

    /**
     * An object was removed. The kernel does not repeat all of it: of a table, chain, object or flow table, only the name and
     * the handle are known. A set is as it was when it was added. If a removed rule contained a set, the statement with it is a
     * {@link dev.nfkit.nftables.statement.RawStatement} unless the same transaction added the rule.
     *
     * <p>To remove a table is to remove all that it contains; there is an event for each object but none for the elements of
     * its sets.
     *
     * @param object the object as it was
     * @param portId the socket that made the change
     */
    record Removed(RulesetObject object, long portId) implements OfObject {}

    /**
     * All events of a transaction have been delivered.
     *
     * @param generation the state of the ruleset after it, and the process that made it
     * @param portId the socket that made it
     */
    record Committed(Generation generation, long portId) implements NftablesEvent {}

    /**
     * Events were lost here, because they were not received from the socket in time. Earlier events were received before the
     * loss, later ones after it; the loss may have begun or ended inside a transaction. Any copy of the ruleset is out of date:
     * list it again. An event that could not be read is also lost; the overrun follows the events that were received with
     * it. If the sink throws at an overrun, the next poll delivers it again.
     *
     * @param lost the number of lost datagrams since the last overrun, or since the beginning: each contains one event or
     *     several of one transaction; each event that could not be read counts as one. 0 if the kernel had no memory to make
     *     an event, and did not count it
     */
    record Overrun(long lost) implements NftablesEvent {}

    /**
     * The event as {@code nft monitor} prints it. A rule that is removed is printed by its handle.
     *
     * <pre>{@code
     * add rule inet filter input tcp dport 22 accept
     * # new generation 5 by process 123 (nft)
     * }</pre>
     *
     * @return one line without a line end; text from the ruleset is printed as it is, except for control characters
     */
    default String toText() {
        return EventText.print(this);
    }

    /**
     * The event as {@code nft -j monitor} prints it: an object with the member {@code add}, {@code insert} or {@code delete},
     * which contains the object in the schema of libnftables-json(5). What is known of a removed object is printed. Two events
     * have no form in that schema: {@link Committed} is {@code {"generation": {"id": 5, "process": 123, "name": "nft"}}}, and
     * {@link Overrun} {@code {"overrun": {"lost": 3}}}.
     *
     * @return one object in one line without a line end
     */
    default String toJson() {
        return RulesetJson.event(this);
    }
}
