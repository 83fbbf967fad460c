// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.Scope;
import dev.nfkit.testkit.machine.SetTable;
import dev.nfkit.testkit.machine.StatefulObject;
import org.jspecify.annotations.Nullable;

/** What the state of elements and objects may refer to: nothing. */
enum NoScope implements Scope<Refused> {
    NONE;

    @Override
    public SetTable set(String name, @Nullable Long id) throws Refused {
        throw unknown(name);
    }

    @Override
    public CodeChain chain(@Nullable String name, @Nullable Long id) throws Refused {
        throw new Refused(Errno.EINVAL);
    }

    @Override
    public StatefulObject object(int type, String name) throws Refused {
        throw unknown(name);
    }

    @Override
    public Refused unknown(String name) {
        return new Refused(Errno.EOPNOTSUPP);
    }
}
