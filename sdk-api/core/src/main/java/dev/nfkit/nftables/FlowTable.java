// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.util.List;
import java.util.OptionalLong;

/**
 * A flow table, which forwards packets of known connections past the chains. It can be listed and deleted, not made.
 *
 * <p>Follows {@code nf_tables_newflowtable} in {@code nf_tables_api.c}.
 */
public final class FlowTable extends RulesetObject {
    private final String name;
    private final int priority;
    private final List<String> devices;
    private final long flags;
    private final long handle;
    private final long uses;

    private FlowTable(TableId table, String name, ChainHooks.Place place, long flags, long handle, long uses) {
        super(table);
        this.name = name;
        this.priority = place.priority();
        this.devices = List.copyOf(place.devices());
        this.flags = flags;
        this.handle = handle;
        this.uses = uses;
    }

    /**
     * The flow table's name.
     *
     * @return 1 to 255 bytes
     */
    public String name() {
        return name;
    }

    /**
     * The order at the devices' ingress hook.
     *
     * @return the priority
     */
    public ChainPriority priority() {
        return new ChainPriority(priority);
    }

    /**
     * The devices whose packets it forwards.
     *
     * @return names of 1 to 15 bytes; immutable
     */
    public List<String> devices() {
        return devices;
    }

    /**
     * All flags ({@code enum nft_flowtable_flags}): 1 hardware offload, 2 counters of connections.
     *
     * @return 0 to 2³²−1
     */
    public long flagBits() {
        return flags;
    }

    @Override
    public OptionalLong handle() {
        return handle == 0 ? OptionalLong.empty() : OptionalLong.of(handle);
    }

    /**
     * The number of rules that refer to it.
     *
     * @return the number; 0 if the kernel does not send it
     */
    public long uses() {
        return uses;
    }

    @Override
    ObjectKind kind() {
        return ObjectKind.FLOW_TABLE;
    }

    @Override
    void writeNew(MessageWriter writer) {
        throw new IllegalStateException("flow tables cannot be made");
    }

    @Override
    void writeKey(MessageWriter writer) {
        writer.string(Nfta.FLOWTABLE_TABLE, table().name());
        if (handle != 0) {
            writer.be64(Nfta.FLOWTABLE_HANDLE, handle);
        } else {
            writer.string(Nfta.FLOWTABLE_NAME, name);
        }
    }

    /** Reads the message of a flow table. */
    static FlowTable read(MessageCursor message) throws MalformedMessageException {
        AttributeCursor cursor = new AttributeCursor().wrap(message, "NFT_MSG_NEWFLOWTABLE");
        String table = null;
        String name = null;
        ChainHooks.Place place = ChainHooks.Place.NONE;
        long flags = 0;
        long handle = 0;
        long uses = 0;
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.FLOWTABLE_TABLE -> table = cursor.string();
                case Nfta.FLOWTABLE_NAME -> name = cursor.string();
                case Nfta.FLOWTABLE_HOOK -> place = ChainHooks.readFlowTable(Read.nest(cursor, "NFTA_FLOWTABLE_HOOK"));
                case Nfta.FLOWTABLE_FLAGS -> flags = cursor.be32();
                case Nfta.FLOWTABLE_HANDLE -> handle = cursor.be64();
                case Nfta.FLOWTABLE_USE -> uses = cursor.be32();
                default -> {}
            }
        }
        return new FlowTable(
                Read.table(message, table), Read.name("a flow table's name", name), place, flags, handle, uses);
    }

    @Override
    public String toString() {
        return "flowtable " + table() + " " + PrintableText.of(name);
    }
}
