// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.PrintableText;
import dev.nfkit.Refusal;
import dev.nfkit.nftables.Change.Action;
import dev.nfkit.nftables.Explanations.Cause;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** What an errno means for elements of a set. */
final class ElementCauses {
    private ElementCauses() {}

    /** The cause; the value is that of the attribute, which is often the refused element. */
    static @Nullable Cause of(Change change, SetElements elements, Errno errno, String attribute, Bytes value) {
        NftSet set = elements.set();
        if (errno.equals(Errno.ENOENT) && attribute.endsWith("_TABLE")) {
            return new Cause(
                    Refusal.NOT_FOUND, "there is no table " + set.table() + "; add it first, in the same batch");
        }
        if (errno.equals(Errno.ENOENT) && !attribute.endsWith("_ELEM")) {
            return new Cause(Refusal.NOT_FOUND, "there is no " + set + "; add it first, in the same batch");
        }
        String element = attribute.endsWith("_ELEM") ? element(set, value) : "an element";
        if (errno.equals(Errno.ENOENT) && change.removes()) {
            return new Cause(
                    Refusal.NOT_FOUND, element + " is not in " + set + "; destroy it instead if that is no error");
        }
        if (errno.equals(Errno.ENOENT)) {
            return new Cause(
                    Refusal.NOT_FOUND,
                    "the chain or object that " + element + " of " + set + " refers to does not exist");
        }
        if (errno.equals(Errno.EEXIST) || errno.equals(Errno.ENOTEMPTY)) {
            return existing(change, set, element);
        }
        if (errno.equals(Errno.EBUSY)) {
            return new Cause(
                    Refusal.IN_USE,
                    set + " is constant and used by a rule, or " + element + " is in it with other data");
        }
        if (errno.equals(Errno.ENFILE) || errno.equals(Errno.ENOSPC)) {
            return new Cause(
                    Refusal.FULL,
                    set + " holds as many elements as its size permits; delete some, or make it anew "
                            + "with a larger size");
        }
        if (errno.equals(Errno.EINVAL) || errno.equals(Errno.EOPNOTSUPP)) {
            return new Cause(
                    Refusal.OTHER_TYPE,
                    set + " of this name is of another type, or has not the flag that " + element
                            + " needs; list the set and use its types");
        }
        return null;
    }

    private static Cause existing(Change change, NftSet set, String element) {
        boolean intervals = set.flags().contains(SetFlag.INTERVAL);
        if (change.action() != Action.CREATE && intervals) {
            return new Cause(
                    Refusal.OVERLAPS,
                    element + " overlaps an interval that is in " + set
                            + "; delete that one first, or leave out what it contains");
        }
        if (change.action() != Action.CREATE) {
            return new Cause(Refusal.EXISTS, element + " is in " + set + " already, with other data; delete it first");
        }
        return new Cause(
                Refusal.EXISTS,
                element + " is in " + set + " already" + (intervals ? ", or overlaps an interval" : "")
                        + "; add it instead, or delete it first");
    }

    private static String element(NftSet set, Bytes value) {
        return set.elements(ByteOrder.nativeOrder())
                .describe(value)
                .map(PrintableText::of)
                .orElse("an element");
    }
}
