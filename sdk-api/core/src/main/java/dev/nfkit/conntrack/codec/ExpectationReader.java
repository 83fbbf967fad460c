// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.AddressFamily;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import org.jspecify.annotations.Nullable;

/** Reads an expectation ({@code CTA_EXPECT_*}). */
public final class ExpectationReader {
    private final EntryReader.Cursors cursors = new EntryReader.Cursors();

    public AddressFamily family = AddressFamily.UNSPEC;

    public @Nullable TupleReader tuple;

    public @Nullable TupleReader mask;

    public @Nullable TupleReader master;

    public @Nullable TupleReader nat;

    public @Nullable Long natDirection;

    public @Nullable Long timeout;

    public @Nullable Long id;

    public @Nullable Long flags;

    public @Nullable Long helperClass;

    public @Nullable String helper;

    public @Nullable String function;

    public int zone;

    private ExpectationReader() {}

    /**
     * Reads the expectation in a message.
     *
     * @param message a cursor at the message
     * @return a new reader, with its fields
     * @throws MalformedMessageException if an attribute, at any depth, is cut or shorter than its type
     */
    public static ExpectationReader read(MessageCursor message) throws MalformedMessageException {
        ExpectationReader reader = new ExpectationReader();
        AttributeCursor top = reader.cursors.top.wrap(message, "IPCTNL_MSG_EXP");
        reader.family = AddressFamily.of(message.family());
        while (top.next()) {
            reader.attribute(top);
        }
        return reader;
    }

    private void attribute(AttributeCursor top) throws MalformedMessageException {
        switch (top.type()) {
            case Cta.EXPECT_MASTER -> master = tuple(top, TuplePath.EXPECT_MASTER);
            case Cta.EXPECT_TUPLE -> tuple = tuple(top, TuplePath.EXPECT_TUPLE);
            case Cta.EXPECT_MASK -> mask = tuple(top, TuplePath.EXPECT_MASK);
            case Cta.EXPECT_TIMEOUT -> timeout = top.be32();
            case Cta.EXPECT_ID -> id = top.be32();
            case Cta.EXPECT_HELP_NAME -> helper = top.string();
            case Cta.EXPECT_ZONE -> zone = top.be16();
            case Cta.EXPECT_FLAGS -> flags = top.be32();
            case Cta.EXPECT_CLASS -> helperClass = top.be32();
            case Cta.EXPECT_NAT -> nat(top.nest(new AttributeCursor(), "CTA_EXPECT_NAT"));
            case Cta.EXPECT_FN -> function = top.string();
            default -> {} // newer kernels add some
        }
    }

    private void nat(AttributeCursor in) throws MalformedMessageException {
        while (in.next()) {
            if (in.type() == Cta.EXPECT_NAT_DIR) {
                natDirection = in.be32();
            } else if (in.type() == Cta.EXPECT_NAT_TUPLE) {
                nat = tuple(in, TuplePath.EXPECT_NAT);
            }
        }
    }

    private TupleReader tuple(AttributeCursor attribute, TuplePath path) throws MalformedMessageException {
        TupleReader reader = new TupleReader(path);
        reader.read(attribute, cursors);
        return reader;
    }
}
