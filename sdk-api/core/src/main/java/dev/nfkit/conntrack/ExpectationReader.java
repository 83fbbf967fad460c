package dev.nfkit.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import org.jspecify.annotations.Nullable;

/** Reads an expectation ({@code CTA_EXPECT_*}). */
final class ExpectationReader {
    private static final int CTA_EXPECT_MASTER = 1;
    private static final int CTA_EXPECT_TUPLE = 2;
    private static final int CTA_EXPECT_MASK = 3;
    private static final int CTA_EXPECT_TIMEOUT = 4;
    private static final int CTA_EXPECT_ID = 5;
    private static final int CTA_EXPECT_HELP_NAME = 6;
    private static final int CTA_EXPECT_ZONE = 7;
    private static final int CTA_EXPECT_FLAGS = 8;
    private static final int CTA_EXPECT_CLASS = 9;
    private static final int CTA_EXPECT_NAT = 10;
    private static final int CTA_EXPECT_FN = 11;
    private static final int CTA_EXPECT_NAT_DIR = 1;
    private static final int CTA_EXPECT_NAT_TUPLE = 2;

    private final EntryReader.Cursors cursors = new EntryReader.Cursors();

    AddressFamily family = AddressFamily.UNSPEC;

    @Nullable
    ConntrackTuple tuple;

    @Nullable
    ConntrackTuple mask;

    @Nullable
    ConntrackTuple master;

    @Nullable
    ConntrackTuple nat;

    @Nullable
    Direction natDirection;

    @Nullable
    Long timeout;

    @Nullable
    Long id;

    @Nullable
    Long flags;

    @Nullable
    Long helperClass;

    @Nullable
    String helper;

    @Nullable
    String function;

    int zone;

    private ExpectationReader() {}

    static ConntrackExpectation read(MessageCursor message) throws MalformedMessageException {
        ExpectationReader reader = new ExpectationReader();
        AttributeCursor top = reader.cursors.top.wrap(message, ExpectationAttribute.SCHEMA.name());
        reader.family = AddressFamily.of(message.family());
        while (top.next()) {
            reader.attribute(top);
        }
        int from = message.attributesOffset();
        Bytes attributes = new BytesView()
                .wrap(message.buffer(), from, message.end() - from)
                .copy();
        return new ConntrackExpectation(reader, attributes, message.order());
    }

    private void attribute(AttributeCursor top) throws MalformedMessageException {
        switch (top.type()) {
            case CTA_EXPECT_MASTER -> master = tuple(top, TuplePath.EXPECT_MASTER);
            case CTA_EXPECT_TUPLE -> tuple = tuple(top, TuplePath.EXPECT_TUPLE);
            case CTA_EXPECT_MASK -> mask = tuple(top, TuplePath.EXPECT_MASK);
            case CTA_EXPECT_TIMEOUT -> timeout = top.be32();
            case CTA_EXPECT_ID -> id = top.be32();
            case CTA_EXPECT_HELP_NAME -> helper = top.string();
            case CTA_EXPECT_ZONE -> zone = top.be16();
            case CTA_EXPECT_FLAGS -> flags = top.be32();
            case CTA_EXPECT_CLASS -> helperClass = top.be32();
            case CTA_EXPECT_NAT -> nat(top.nest(new AttributeCursor(), "CTA_EXPECT_NAT"));
            case CTA_EXPECT_FN -> function = top.string();
            default -> {} // newer kernels add some
        }
    }

    private void nat(AttributeCursor in) throws MalformedMessageException {
        while (in.next()) {
            if (in.type() == CTA_EXPECT_NAT_DIR) {
                natDirection = in.be32() == 0 ? Direction.ORIGINAL : Direction.REPLY;
            } else if (in.type() == CTA_EXPECT_NAT_TUPLE) {
                nat = tuple(in, TuplePath.EXPECT_NAT);
            }
        }
    }

    private ConntrackTuple tuple(AttributeCursor attribute, TuplePath path) throws MalformedMessageException {
        TupleReader reader = new TupleReader(path);
        reader.read(attribute, cursors);
        return reader.tuple();
    }
}
