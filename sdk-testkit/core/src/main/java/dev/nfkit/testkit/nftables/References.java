// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.Scope;
import dev.nfkit.testkit.machine.SetTable;
import dev.nfkit.testkit.machine.StatefulObject;
import dev.nfkit.testkit.ruleset.BaseHook;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.ObjectState;
import dev.nfkit.testkit.ruleset.Referent;
import dev.nfkit.testkit.ruleset.SetState;
import dev.nfkit.testkit.ruleset.TableState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds what the instructions of a rule or element refer to, and collects it. */
final class References implements Scope<Refused> {
    private final TableState table;
    private final List<Referent> found = new ArrayList<>();

    References(TableState table) {
        this.table = table;
    }

    List<Referent> found() {
        return found;
    }

    @Override
    public SetTable set(String name, @Nullable Long id) throws Refused {
        SetState set = table.set(name);
        if (set == null && id != null) {
            set = Change.byId(table, id);
        }
        if (set == null) {
            throw new Refused(Errno.ENOENT);
        }
        found.add(set);
        return set;
    }

    @Override
    public CodeChain chain(@Nullable String name, @Nullable Long id) throws Refused {
        ChainState chain = name == null ? null : table.chain(name);
        if (chain == null && id != null) {
            for (ChainState each : table.allChains()) {
                if (each.id() == id) {
                    chain = each;
                }
            }
        }
        if (chain == null) {
            throw new Refused(Errno.ENOENT);
        }
        BaseHook hook = chain.hook();
        if (hook != null) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
        found.add(chain);
        return chain.code();
    }

    @Override
    public StatefulObject object(int type, String name) throws Refused {
        ObjectState object = table.object(type, name);
        if (object == null) {
            throw new Refused(Errno.ENOENT);
        }
        found.add(object);
        return object;
    }

    @Override
    public Refused unknown(String name) {
        return new Refused(Errno.ENOENT);
    }
}
