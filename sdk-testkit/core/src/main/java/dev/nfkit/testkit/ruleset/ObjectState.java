// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.StatefulObject;
import org.jspecify.annotations.Nullable;

/** A stateful object: a counter, a quota or a limit. Requires the clock's lock. */
public final class ObjectState extends Referent implements StatefulObject {
    private final TableIdentity table;
    private final String name;
    private final int type;
    private final long handle;
    private final Operation operation;
    private final byte @Nullable [] userData;

    public ObjectState(
            TableIdentity table, String name, int type, long handle, Operation operation, byte @Nullable [] userData) {
        this.table = table;
        this.name = name;
        this.type = type;
        this.handle = handle;
        this.operation = operation;
        this.userData = userData;
    }

    public TableIdentity table() {
        return table;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int type() {
        return type;
    }

    public long handle() {
        return handle;
    }

    @Override
    public Operation operation() {
        return operation;
    }

    public byte @Nullable [] userData() {
        return userData;
    }
}
