// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.sample;

import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.conntrack.ExpectationAttribute.Nat;
import dev.nfkit.testkit.message.MessageAttributes;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * A connection that a helper expects, as the kernel sends it: a builder of {@code IPCTNL_MSG_EXP_NEW} messages. Set by
 * default is what every expectation has: timeout 300 s, id 1, flags 0, class 0. Not safe for several threads.
 *
 * <pre>{@code
 * ExpectationContents.of(
 *         ConntrackTuple.tcp("10.0.0.1", 40000, "10.0.0.2", 21),
 *         ConntrackTuple.tcp("10.0.0.2", 0, "10.0.0.1", 50000),
 *         ConntrackTuple.tcp("255.255.255.255", 0, "255.255.255.255", 65535))
 * }</pre>
 *
 * <p>Attributes are written in the kernel's order ({@code ctnetlink_exp_dump_expect} in {@code nf_conntrack_netlink.c}).
 */
public final class ExpectationContents {
    /** The message type of an expectation. */
    public static final int NEW = Netlink.NFNL_SUBSYS_CTNETLINK_EXP << 8;

    private static final ExpectationAttribute[] ORDER = {
        ExpectationAttribute.TUPLE,
        ExpectationAttribute.MASK,
        ExpectationAttribute.MASTER,
        ExpectationAttribute.NAT,
        ExpectationAttribute.TIMEOUT,
        ExpectationAttribute.ID,
        ExpectationAttribute.FLAGS,
        ExpectationAttribute.CLASS,
        ExpectationAttribute.HELP_NAME,
        ExpectationAttribute.FN,
    };

    private final MessageAttributes attributes = new MessageAttributes(ExpectationAttribute.SCHEMA);
    private final ConntrackTuple master;
    private final ConntrackTuple tuple;
    private final ConntrackTuple mask;

    private ExpectationContents(ConntrackTuple master, ConntrackTuple tuple, ConntrackTuple mask) {
        this.master = master;
        this.tuple = tuple;
        this.mask = mask;
        attributes.put(ExpectationAttribute.TUPLE, tuple.attributes());
        attributes.put(ExpectationAttribute.MASK, mask.attributes());
        attributes.put(ExpectationAttribute.MASTER, master.attributes());
    }

    /** All attributes. */
    public MessageAttributes attributes() {
        return attributes;
    }

    /** Creates an expectation. */
    public static ExpectationContents of(ConntrackTuple master, ConntrackTuple tuple, ConntrackTuple mask) {
        return new ExpectationContents(master, tuple, mask)
                .timeout(300)
                .id(1)
                .flags(0)
                .expectationClass(0);
    }

    /** Sets the remaining time. */
    public ExpectationContents timeout(long seconds) {
        attributes.be32(ExpectationAttribute.TIMEOUT, seconds);
        return this;
    }

    /** Sets the id. */
    public ExpectationContents id(long id) {
        attributes.be32(ExpectationAttribute.ID, id);
        return this;
    }

    /** Sets the flags. */
    public ExpectationContents flags(long flags) {
        attributes.be32(ExpectationAttribute.FLAGS, flags);
        return this;
    }

    /** Sets the helper's class of expectation. */
    public ExpectationContents expectationClass(long number) {
        attributes.be32(ExpectationAttribute.CLASS, number);
        return this;
    }

    /** Sets the helper. */
    public ExpectationContents helper(String name) {
        attributes.text(ExpectationAttribute.HELP_NAME, name);
        return this;
    }

    /** Sets the function that is called when the connection arrives. */
    public ExpectationContents function(String name) {
        attributes.text(ExpectationAttribute.FN, name);
        return this;
    }

    /** Sets the translation of the expected connection. */
    public ExpectationContents nat(int direction, ConntrackTuple before) {
        attributes.nest(ExpectationAttribute.NAT).be32(Nat.DIR, direction).put(Nat.TUPLE, before.attributes());
        return this;
    }

    /** A copy that the model keeps and changes. */
    public ExpectationContents copy() {
        ExpectationContents copy = new ExpectationContents(master, tuple, mask);
        copy.attributes.putAll(attributes);
        return copy;
    }

    /** The original direction of the connection that expects. */
    public ConntrackTuple master() {
        return master;
    }

    /** The expected tuple. */
    public ConntrackTuple tuple() {
        return tuple;
    }

    /** Whether a tuple matches: its source within the mask, its target exactly. */
    public boolean isMetBy(ConntrackTuple other) {
        byte[] wanted = tuple.source().toArray();
        byte[] found = other.source().toArray();
        byte[] counts = mask.source().toArray();
        if (wanted.length != found.length || tuple.protocol() != other.protocol()) {
            return false;
        }
        for (int at = 0; at < wanted.length; at++) {
            if (((wanted[at] ^ found[at]) & counts[at]) != 0) {
                return false;
            }
        }
        return ((tuple.sourcePart() ^ other.sourcePart()) & mask.sourcePart()) == 0
                && tuple.targetPart() == other.targetPart()
                && tuple.target().toHex().equals(other.target().toHex());
    }

    /** A number, or 0 if it is absent. */
    public long number(ExpectationAttribute attribute) {
        return attributes.number(attribute.code());
    }

    /** Appends the message to a writer. */
    public MessageWriter write(MessageWriter writer) {
        return write(writer.begin(NEW, 0, 0), type -> true);
    }

    /** Completes a message: the family and the selected attributes. */
    public MessageWriter write(MessageWriter writer, Predicate<AttributeType> wanted) {
        writer.nfgenmsg(tuple.family().number(), 0);
        Arrays.stream(ORDER).forEach(attribute -> attributes.write(writer, attribute.code(), wanted));
        attributes.writeOdd(writer);
        return writer.end();
    }
}
