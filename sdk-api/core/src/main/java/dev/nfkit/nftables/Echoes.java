// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.session.BatchExchange;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import java.util.HashMap;
import java.util.Map;

/** What the kernel returns of a batch that it applied: the generation, and the handles of new objects. */
final class Echoes implements BatchExchange.Echo {
    private final Map<Integer, Long> handles = new HashMap<>();
    private long generation;

    @Override
    public void notification(int change, MessageCursor message) throws MalformedMessageException {
        if (message.type() == MessageTypes.NEWGEN) {
            generation = Generation.read(message).id();
            return;
        }
        int attribute = handleAttribute(message.type());
        if (attribute == 0 || change < 0) {
            return;
        }
        AttributeCursor cursor = new AttributeCursor().wrap(message, "notification");
        while (cursor.next()) {
            if (cursor.type() == attribute) {
                handles.put(change, cursor.be64());
            }
        }
    }

    private static int handleAttribute(int type) {
        return switch (type) {
            case MessageTypes.NEWTABLE -> Nfta.TABLE_HANDLE;
            case MessageTypes.NEWCHAIN -> Nfta.CHAIN_HANDLE;
            case MessageTypes.NEWRULE -> Nfta.RULE_HANDLE;
            case MessageTypes.NEWSET -> Nfta.SET_HANDLE;
            case MessageTypes.NEWOBJ -> Nfta.OBJ_HANDLE;
            case MessageTypes.NEWFLOWTABLE -> Nfta.FLOWTABLE_HANDLE;
            default -> 0;
        };
    }

    /** The result; a kernel that does not return the generation is asked for it. */
    Commit committed(Nftables nftables) throws NetlinkException {
        long id = generation != 0 ? generation : nftables.list().generation().id();
        return new Commit(id, handles);
    }
}
