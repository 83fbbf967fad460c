// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.sample.ExpectationContents;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;

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
    private static final int MAX_DATAGRAM = 1 << 16;

    private final ExpectationContents contents;

    /** Creates a builder of these contents, which are not copied. */
    SampleExpectation(ExpectationContents contents) {
        this.contents = contents;
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
        return new SampleExpectation(ExpectationContents.of(master.tuple(), tuple.tuple(), mask.tuple()));
    }

    /**
     * Sets the remaining time.
     *
     * @param seconds 0 to 2³²−1; 300 unless set
     * @return this builder
     */
    public SampleExpectation timeout(long seconds) {
        contents.timeout(seconds);
        return this;
    }

    /**
     * Sets the id. The model of the kernel assigns its own if it is 1.
     *
     * @param id 0 to 2³²−1; 1 unless set
     * @return this builder
     */
    public SampleExpectation id(long id) {
        contents.id(id);
        return this;
    }

    /**
     * Sets the flags.
     *
     * @param flags {@code NF_CT_EXPECT_*}; 0 unless set
     * @return this builder
     */
    public SampleExpectation flags(long flags) {
        contents.flags(flags);
        return this;
    }

    /**
     * Sets the helper's class of expectation.
     *
     * @param number 0 to 2³²−1; 0 unless set
     * @return this builder
     */
    public SampleExpectation expectationClass(long number) {
        contents.expectationClass(number);
        return this;
    }

    /**
     * Sets the helper.
     *
     * @param name its name
     * @return this builder
     */
    public SampleExpectation helper(String name) {
        contents.helper(name);
        return this;
    }

    /**
     * Sets the function that is called when the connection arrives.
     *
     * @param name its name
     * @return this builder
     */
    public SampleExpectation function(String name) {
        contents.function(name);
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
        contents.nat(direction, before.tuple());
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
        contents.attributes().odd(code, value);
        return this;
    }

    /**
     * Appends the message to a writer. It has the form of a dump's entry, without the multipart flag.
     *
     * @param writer the writer, between messages
     * @return the writer
     */
    public MessageWriter write(MessageWriter writer) {
        return contents.write(writer);
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

    /** The contents, which the model of the kernel copies. */
    ExpectationContents contents() {
        return contents;
    }
}
