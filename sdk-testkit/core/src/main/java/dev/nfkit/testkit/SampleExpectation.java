package dev.nfkit.testkit;

import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.conntrack.ExpectationAttribute.Nat;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * A connection that a helper expects, as the kernel sends it: a builder of {@code IPCTNL_MSG_EXP_NEW} messages. Set by
 * default is what every expectation has: timeout 300 s, id 1, flags 0, class 0. Not safe for several threads.
 *
 * <pre>{@code
 * SampleExpectation.of(
 *         SampleTuple.tcp("10.0.0.1", 40000, "10.0.0.2", 21),
 *         SampleTuple.tcp("10.0.0.2", 0, "10.0.0.1", 50000),
 *         SampleTuple.tcp("255.255.255.255", 0, "255.255.255.255", 65535))
 * }</pre>
 *
 * <p>Attributes are written in the kernel's order ({@code ctnetlink_exp_dump_expect} in {@code nf_conntrack_netlink.c}).
 */
public final class SampleExpectation {
    static final int NEW = Netlink.NFNL_SUBSYS_CTNETLINK_EXP << 8;

    private static final int MAX_DATAGRAM = 1 << 16;
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

    final SampleAttributes attributes = new SampleAttributes(ExpectationAttribute.SCHEMA);
    private final SampleTuple master;
    private final SampleTuple tuple;
    private final SampleTuple mask;

    private SampleExpectation(SampleTuple master, SampleTuple tuple, SampleTuple mask) {
        this.master = master;
        this.tuple = tuple;
        this.mask = mask;
        attributes.put(ExpectationAttribute.TUPLE, tuple.attributes());
        attributes.put(ExpectationAttribute.MASK, mask.attributes());
        attributes.put(ExpectationAttribute.MASTER, master.attributes());
    }

    /**
     * Creates an expectation.
     *
     * @param master the original direction of the master connection
     * @param tuple the original direction of the expected connection
     * @param mask the bits of the tuple to compare
     * @return a new builder
     */
    public static SampleExpectation of(SampleTuple master, SampleTuple tuple, SampleTuple mask) {
        return new SampleExpectation(master, tuple, mask)
                .timeout(300)
                .id(1)
                .flags(0)
                .expectationClass(0);
    }

    /**
     * Sets the remaining time.
     *
     * @param seconds 0 to 2³²−1; 300 unless set
     * @return this builder
     */
    public SampleExpectation timeout(long seconds) {
        attributes.be32(ExpectationAttribute.TIMEOUT, seconds);
        return this;
    }

    /**
     * Sets the id. The model of the kernel assigns its own if it is 1.
     *
     * @param id 0 to 2³²−1; 1 unless set
     * @return this builder
     */
    public SampleExpectation id(long id) {
        attributes.be32(ExpectationAttribute.ID, id);
        return this;
    }

    /**
     * Sets the flags.
     *
     * @param flags {@code NF_CT_EXPECT_*}; 0 unless set
     * @return this builder
     */
    public SampleExpectation flags(long flags) {
        attributes.be32(ExpectationAttribute.FLAGS, flags);
        return this;
    }

    /**
     * Sets the helper's class of expectation.
     *
     * @param number 0 to 2³²−1; 0 unless set
     * @return this builder
     */
    public SampleExpectation expectationClass(long number) {
        attributes.be32(ExpectationAttribute.CLASS, number);
        return this;
    }

    /**
     * Sets the helper.
     *
     * @param name its name
     * @return this builder
     */
    public SampleExpectation helper(String name) {
        attributes.text(ExpectationAttribute.HELP_NAME, name);
        return this;
    }

    /**
     * Sets the function that is called when the connection arrives.
     *
     * @param name its name
     * @return this builder
     */
    public SampleExpectation function(String name) {
        attributes.text(ExpectationAttribute.FN, name);
        return this;
    }

    /**
     * Sets the translation of the expected connection.
     *
     * @param direction 0 for the original direction, 1 for the reply
     * @param before the address and port before translation
     * @return this builder
     */
    public SampleExpectation nat(int direction, SampleTuple before) {
        attributes.nest(ExpectationAttribute.NAT).be32(Nat.DIR, direction).put(Nat.TUPLE, before.attributes());
        return this;
    }

    /**
     * Appends any attribute, known or unknown, with arbitrary bytes. It is written after the others.
     *
     * @param code its type on the wire
     * @param value the value
     * @return this builder
     */
    public SampleExpectation attribute(int code, byte... value) {
        attributes.odd(code, value);
        return this;
    }

    /** A copy that the model keeps and changes. */
    SampleExpectation copy() {
        SampleExpectation copy = new SampleExpectation(master, tuple, mask);
        copy.attributes.putAll(attributes);
        return copy;
    }

    SampleTuple master() {
        return master;
    }

    SampleTuple tuple() {
        return tuple;
    }

    /** Whether a tuple matches: its source within the mask, its target exactly. */
    boolean isMetBy(SampleTuple other) {
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

    long number(ExpectationAttribute attribute) {
        return attributes.number(attribute.code());
    }

    /**
     * Appends the message to a writer. It has the form of a dump's entry, without the multipart flag.
     *
     * @param writer the writer, between messages
     * @return the writer
     */
    public MessageWriter write(MessageWriter writer) {
        return write(writer.begin(NEW, 0, 0), type -> true);
    }

    /** Completes a message: the family and the selected attributes. */
    MessageWriter write(MessageWriter writer, Predicate<AttributeType> wanted) {
        writer.nfgenmsg(tuple.family().number(), 0);
        Arrays.stream(ORDER).forEach(attribute -> attributes.write(writer, attribute.code(), wanted));
        attributes.writeOdd(writer);
        return writer.end();
    }

    /**
     * Returns the message as a datagram.
     *
     * @param order the byte order of headers
     * @return its bytes, padded
     */
    public byte[] toDatagram(ByteOrder order) {
        return Datagrams.bytes(write(new MessageWriter(MAX_DATAGRAM, order)));
    }
}
