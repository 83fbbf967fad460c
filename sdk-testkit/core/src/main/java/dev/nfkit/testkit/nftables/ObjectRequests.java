// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.ruleset.ObjectState;
import dev.nfkit.testkit.ruleset.TableState;
import org.jspecify.annotations.Nullable;

/** Requests that change stateful objects. */
final class ObjectRequests {
    private static final int QUOTA = 2;

    private ObjectRequests() {}

    static void create(Change change, Notices notices) throws Refused {
        Attributes attributes = change.attributes();
        byte[] data = attributes.bytes(Nfta.OBJ_DATA);
        if (data == null || !attributes.has(Nfta.OBJ_TYPE)) {
            throw new Refused(Errno.EINVAL);
        }
        TableState table = change.table(Nfta.OBJ_TABLE);
        int type = (int) attributes.number(Nfta.OBJ_TYPE, 0);
        String name = attributes.text(Nfta.OBJ_NAME);
        ObjectState object = table.object(type, name);
        if (object != null) {
            change.exists(Nfta.OBJ_NAME);
            change.ruleset()
                    .update(object, ObjectData.read(type, data, change.request().order()));
            if (type != QUOTA) {
                return; // only quotas can be changed
            }
        } else {
            change.creates();
            if (!ObjectData.NAMES.containsKey(type)) {
                throw new AssertionError("FakeNetfilter does not model objects of type " + type
                        + " (NFTA_OBJ_TYPE); it models counters, quotas and limits");
            }
            object = new ObjectState(
                    table,
                    name,
                    type,
                    table.nextHandle(),
                    SetRequests.compiled(
                            ObjectData.read(type, data, change.request().order())),
                    attributes.bytes(Nfta.OBJ_USERDATA));
            change.ruleset().add(object);
        }
        ObjectState changed = object;
        notices.add(change.request(), MessageTypes.NEWOBJ, table.family(), writer -> Contents.object(writer, changed));
    }

    static void remove(Change change, Notices notices, boolean permitMissing) throws Refused {
        Attributes attributes = change.attributes();
        if (!attributes.has(Nfta.OBJ_TYPE)) {
            throw new Refused(Errno.EINVAL);
        }
        TableState table = change.table(Nfta.OBJ_TABLE);
        boolean byHandle = attributes.has(Nfta.OBJ_HANDLE);
        int named = byHandle ? Nfta.OBJ_HANDLE : Nfta.OBJ_NAME;
        ObjectState object = find(table, attributes, byHandle);
        if (object == null) {
            if (permitMissing) {
                return;
            }
            throw attributes.refuse(Errno.ENOENT, named);
        }
        if (object.references() > 0) {
            throw attributes.refuse(Errno.EBUSY, named);
        }
        remove(change, notices, object);
    }

    /** Removes an object to which nothing refers. */
    static void remove(Change change, Notices notices, ObjectState object) {
        change.ruleset().remove(object);
        notices.add(
                change.request(),
                MessageTypes.DELOBJ,
                object.table().family(),
                writer -> Contents.removed(writer, object));
    }

    static @Nullable ObjectState find(TableState table, Attributes attributes, boolean byHandle) throws Refused {
        int type = (int) attributes.number(Nfta.OBJ_TYPE, 0);
        for (ObjectState object : table.allObjects()) {
            boolean named = byHandle
                    ? object.handle() == attributes.number(Nfta.OBJ_HANDLE, 0)
                    : attributes.has(Nfta.OBJ_NAME) && object.name().equals(attributes.text(Nfta.OBJ_NAME));
            if (named && object.type() == type) {
                return object;
            }
        }
        return null;
    }
}
