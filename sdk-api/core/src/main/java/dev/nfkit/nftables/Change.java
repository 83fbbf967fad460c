// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.text.Place;
import dev.nfkit.session.BatchExchange;
import dev.nfkit.session.BatchWriter;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A change of a batch: what is done, with which object, and where the object was read from if it was read from text. */
record Change(
        Action action,
        RulesetObject object,
        boolean echo,
        @Nullable Place place) implements BatchExchange.Change {
    /** What is done with an object. */
    enum Action {
        ADD,
        CREATE,
        INSERT,
        REPLACE,
        DELETE,
        DESTROY,
        FLUSH
    }

    @Override
    public void writeTo(BatchWriter target) {
        int reply = echo ? Netlink.NLM_F_ECHO : 0;
        int family = object.table().family().number();
        if (action == Action.FLUSH) {
            target.message(flushType(), reply, writer -> writeFlush(writer.nfgenmsg(family, 0)));
        } else if (object instanceof SetElements elements) {
            int type = removes() ? removal() : object.kind().created();
            elements.writeTo(target, type, removes() ? 0 : flags(), removes());
        } else if (removes()) {
            target.message(removal(), reply, writer -> object.writeKey(writer.nfgenmsg(family, 0)));
        } else if (object instanceof Rule rule) {
            long firstId = rule.writeSets(target);
            target.message(
                    rule.kind().created(),
                    reply | flags(),
                    writer -> writeRule(rule, writer.nfgenmsg(family, 0), firstId));
        } else {
            target.message(
                    object.kind().created(), reply | flags(), writer -> object.writeNew(writer.nfgenmsg(family, 0)));
        }
    }

    private int removal() {
        return action == Action.DELETE ? object.kind().deleted() : object.kind().destroyed();
    }

    boolean removes() {
        return action == Action.DELETE || action == Action.DESTROY;
    }

    private int flags() {
        int append = object instanceof Rule && action == Action.ADD ? Netlink.NLM_F_APPEND : 0;
        return switch (action) {
            case CREATE -> Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL;
            case REPLACE -> Netlink.NLM_F_REPLACE;
            default -> Netlink.NLM_F_CREATE | append;
        };
    }

    private void writeRule(Rule rule, MessageWriter writer, long firstId) {
        rule.writeNew(writer, firstId);
        if (action == Action.REPLACE) {
            rule.writeHandle(writer);
        } else {
            rule.writePosition(writer);
        }
    }

    /** A table or a chain is flushed by deleting rules without naming one, and a set by deleting elements. */
    private int flushType() {
        return object instanceof NftSet ? MessageTypes.DELSETELEM : MessageTypes.DELRULE;
    }

    private void writeFlush(MessageWriter writer) {
        if (object instanceof NftSet set) {
            set.writeForElements(writer);
            return;
        }
        writer.string(Nfta.RULE_TABLE, object.table().name());
        if (object instanceof Chain chain) {
            writer.string(Nfta.RULE_CHAIN, chain.name());
        }
    }

    /** The change in words, as nft writes commands. */
    @Override
    public String toString() {
        return action.name().toLowerCase(Locale.ROOT) + " " + object;
    }
}
