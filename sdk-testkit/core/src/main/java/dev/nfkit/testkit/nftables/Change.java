// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.Ruleset;
import dev.nfkit.testkit.ruleset.SetState;
import dev.nfkit.testkit.ruleset.TableKey;
import dev.nfkit.testkit.ruleset.TableState;
import dev.nfkit.wire.Netlink;
import org.jspecify.annotations.Nullable;

/** One request, and how it finds what it names. */
final class Change {
    private final Ruleset ruleset;
    private final ParsedMessage request;
    private final Attributes attributes;
    private final boolean reads;

    Change(Ruleset ruleset, ParsedMessage request, boolean reads) throws Refused {
        this.ruleset = ruleset;
        this.request = request;
        this.attributes = Attributes.of(request);
        this.reads = reads;
    }

    Ruleset ruleset() {
        return ruleset;
    }

    ParsedMessage request() {
        return request;
    }

    Attributes attributes() {
        return attributes;
    }

    boolean on(int flag) {
        return (request.flags() & flag) != 0;
    }

    /** Refuses what exists, as its request requires. */
    void exists(int attribute) throws Refused {
        if (on(Netlink.NLM_F_EXCL)) {
            throw attributes.refuse(Errno.EEXIST, attribute);
        }
        if (on(Netlink.NLM_F_REPLACE)) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
    }

    /** Refuses to make what does not exist, unless its request permits that. */
    void creates() throws Refused {
        if (!on(Netlink.NLM_F_CREATE)) {
            throw new Refused(Errno.ENOENT);
        }
    }

    /** The table that an attribute names, or null; refuses one of another owner. */
    @Nullable
    TableState tableOrNull(int attribute) throws Refused {
        if (!attributes.has(attribute)) {
            throw new Refused(Errno.EINVAL);
        }
        return owned(ruleset.table(new TableKey(request.family(), attributes.text(attribute))), attribute);
    }

    /** Refuses a table of another owner. */
    @Nullable
    TableState owned(@Nullable TableState table, int attribute) throws Refused {
        if (table != null && !reads && table.owner() != 0 && table.owner() != request.portId()) {
            throw attributes.refuse(Errno.EPERM, attribute);
        }
        return table;
    }

    TableState table(int attribute) throws Refused {
        TableState table = tableOrNull(attribute);
        if (table == null) {
            throw attributes.refuse(Errno.ENOENT, attribute);
        }
        return table;
    }

    ChainState chain(TableState table, int attribute) throws Refused {
        ChainState chain = attributes.has(attribute) ? table.chain(attributes.text(attribute)) : null;
        if (chain == null) {
            throw attributes.refuse(Errno.ENOENT, attribute);
        }
        return chain;
    }

    /** A set by its name, or by its id in the batch. */
    SetState set(TableState table, int attribute, int idAttribute) throws Refused {
        SetState set = attributes.has(attribute) ? table.set(attributes.text(attribute)) : null;
        if (set == null && attributes.has(idAttribute)) {
            set = byId(table, attributes.number(idAttribute, 0));
        }
        if (set == null) {
            throw attributes.refuse(Errno.ENOENT, attribute);
        }
        return set;
    }

    static @Nullable SetState byId(TableState table, long id) {
        for (SetState set : table.allSets()) {
            if (id != 0 && set.id() == id) {
                return set;
            }
        }
        return null;
    }
}
