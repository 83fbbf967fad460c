// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.PrintableText;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.MessageWriter;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A chain, which contains rules. A base chain receives packets at a hook; a regular chain receives those that a rule sends
 * to it.
 *
 * <p><b>Deleting a base chain drops packets that wait in queues:</b> when the kernel unregisters a hook, it drops all packets
 * of <em>every</em> queue (NFQUEUE) of the network namespace, those of other programs too, and fail-open does not help. That
 * also applies to a table that is deleted, or that disappears with its owner. A chain that stays, and whose rules are
 * changed, costs no packet. A batch that adds a base chain and is refused costs the same, since the kernel registers the
 * hook and unregisters it again.
 *
 * <p><b>Adding or removing a base chain may also misdirect packets that wait in queues of its hook</b>, and the kernel does not
 * report it. A packet that waits has the index of its chain among those of the hook ({@code hook_index}), and with its verdict
 * it goes on after that index among the present chains ({@code nf_reinject}). If a chain was added before its own one, it meets
 * its own chain again, and is queued twice. If one was removed, only a packet can be affected that was on its way into the queue
 * and so was not dropped with the others: it misses the next chain, or is dropped if the index no longer exists. The verdict
 * succeeds in each case, so no session can count it. Add base chains before packets are queued, and then change their rules only.
 *
 * <p>Follows {@code nf_tables_newchain} in {@code nf_tables_api.c}, and {@code nf_queue_nf_hook_drop}.
 */
public final class Chain extends RulesetObject {
    private static final int COMMENT = 0;

    private final String name;
    private final Parts parts;

    /** The optional parts of a chain. */
    private record Parts(
            @Nullable ChainHook hook,
            @Nullable ChainPolicy policy,
            @Nullable String comment,
            long flags,
            long handle,
            long uses) {}

    private Chain(TableId table, String name, Parts parts) {
        super(table);
        this.name = name;
        this.parts = parts;
    }

    /**
     * A chain that receives the packets that a rule sends to it by {@code jump} or {@code goto}.
     *
     * @param table the chain's table
     * @param name 1 to 255 bytes of UTF-8
     * @return the chain
     * @throws IllegalArgumentException if the name is too long or empty
     */
    public static Chain regular(TableId table, String name) {
        return new Chain(table, Names.object("chain", name), new Parts(null, null, null, 0, 0, -1));
    }

    /**
     * A chain that receives packets at a hook. Packets that no rule decides continue, unless {@link #policy} changes that.
     *
     * @param table the chain's table
     * @param name 1 to 255 bytes of UTF-8
     * @param hook where it receives packets
     * @return the chain
     * @throws IllegalArgumentException if the name is too long or empty, the hook needs a device and has none, or has devices
     *     and takes none
     */
    public static Chain base(TableId table, String name, ChainHook hook) {
        Names.object("chain", name);
        if (!hook.devices().isEmpty() && !Families.ofDevices(table.family(), hook.hook())) {
            throw new IllegalArgumentException("chain " + table + " " + name + ": a chain at hook "
                    + Families.hookName(table.family(), hook.hook()) + " takes no devices");
        }
        return new Chain(table, name, new Parts(hook, null, null, 0, 0, -1));
    }

    /**
     * The same base chain with another verdict on packets that no rule decides. Adding it to the ruleset again changes the
     * policy of the chain that exists.
     *
     * @param policy the verdict
     * @return a new value
     * @throws IllegalArgumentException if it is a regular chain
     */
    public Chain policy(ChainPolicy policy) {
        if (parts.hook == null) {
            throw new IllegalArgumentException(this + ": a regular chain has no policy; only a base chain has one");
        }
        return new Chain(
                table(), name, new Parts(parts.hook, policy, parts.comment, parts.flags, parts.handle, parts.uses));
    }

    /**
     * The same chain with a comment. The kernel keeps the comment of a chain that exists.
     *
     * @param text at most 128 bytes of UTF-8
     * @return a new value
     * @throws IllegalArgumentException if it is longer
     */
    public Chain comment(String text) {
        return new Chain(
                table(),
                name,
                new Parts(parts.hook, parts.policy, Names.comment(text), parts.flags, parts.handle, parts.uses));
    }

    /**
     * The chain's name.
     *
     * @return 1 to 255 bytes
     */
    public String name() {
        return name;
    }

    /**
     * Where a base chain receives packets.
     *
     * @return the hook; empty if it is a regular chain
     */
    public Optional<ChainHook> hook() {
        return Optional.ofNullable(parts.hook);
    }

    /**
     * The verdict on packets that no rule decides.
     *
     * @return the policy; empty if it is a regular chain, or none was set
     */
    public Optional<ChainPolicy> policy() {
        return Optional.ofNullable(parts.policy);
    }

    /**
     * The comment.
     *
     * @return the text, or empty if there is none
     */
    public Optional<String> comment() {
        return Optional.ofNullable(parts.comment);
    }

    @Override
    public OptionalLong handle() {
        return parts.handle == 0 ? OptionalLong.empty() : OptionalLong.of(parts.handle);
    }

    /**
     * The number of its rules, and of the rules and elements that send packets to it.
     *
     * @return the number; empty if the chain was not listed
     */
    public OptionalLong uses() {
        return parts.uses < 0 ? OptionalLong.empty() : OptionalLong.of(parts.uses);
    }

    /**
     * All flags ({@code enum nft_chain_flags}): 1 base chain, 2 offloaded to hardware, 4 belongs to a rule.
     *
     * @return 0 to 2³²−1; 0 if the chain was not listed
     */
    public long flagBits() {
        return parts.flags;
    }

    @Override
    ObjectKind kind() {
        return ObjectKind.CHAIN;
    }

    @Override
    void writeNew(MessageWriter writer) {
        writer.string(Nfta.CHAIN_TABLE, table().name()).string(Nfta.CHAIN_NAME, name);
        ChainHook hook = parts.hook;
        if (hook != null) {
            ChainHooks.write(writer, hook);
            writer.string(Nfta.CHAIN_TYPE, hook.type().name());
            if (parts.policy != null) {
                writer.be32(Nfta.CHAIN_POLICY, parts.policy.number());
            }
        }
        if (parts.comment != null) {
            writer.bytes(
                    Nfta.CHAIN_USERDATA,
                    new UserData().text(COMMENT, parts.comment).toArray());
        }
    }

    @Override
    void writeKey(MessageWriter writer) {
        writer.string(Nfta.CHAIN_TABLE, table().name());
        if (parts.handle != 0) {
            writer.be64(Nfta.CHAIN_HANDLE, parts.handle);
        } else {
            writer.string(Nfta.CHAIN_NAME, name);
        }
    }

    /** Reads the message of a chain. */
    static Chain read(MessageCursor message) throws MalformedMessageException {
        AttributeCursor cursor = new AttributeCursor().wrap(message, "NFT_MSG_NEWCHAIN");
        String table = null;
        String name = null;
        String type = null;
        ChainHooks.Place place = null;
        ChainPolicy policy = null;
        String comment = null;
        long flags = 0;
        long handle = 0;
        long uses = -1;
        while (cursor.next()) {
            switch (cursor.type()) {
                case Nfta.CHAIN_TABLE -> table = cursor.string();
                case Nfta.CHAIN_NAME -> name = cursor.string();
                case Nfta.CHAIN_TYPE -> type = cursor.string();
                case Nfta.CHAIN_HOOK -> place = ChainHooks.read(Read.nest(cursor, "NFTA_CHAIN_HOOK"), message.family());
                case Nfta.CHAIN_POLICY ->
                    policy = cursor.be32() == ChainPolicy.DROP.number() ? ChainPolicy.DROP : ChainPolicy.ACCEPT;
                case Nfta.CHAIN_FLAGS -> flags = cursor.be32();
                case Nfta.CHAIN_HANDLE -> handle = cursor.be64();
                case Nfta.CHAIN_USE -> uses = cursor.be32();
                case Nfta.CHAIN_USERDATA ->
                    comment = UserData.read(cursor.bytes(new BytesView()))
                            .text(COMMENT)
                            .orElse(null);
                default -> {}
            }
        }
        ChainHook hook = place == null ? null : place.hook(Read.name("a chain's type", type));
        return new Chain(
                Read.table(message, table),
                Read.name("a chain's name", name),
                new Parts(hook, policy, comment, flags, handle, uses));
    }

    @Override
    public String toString() {
        return "chain " + table() + " " + PrintableText.of(name);
    }
}
