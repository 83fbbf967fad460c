// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.Errno;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.sample.ConnectionContents;
import dev.nfkit.testkit.sample.ConntrackTuple;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A zone and its directions ({@code struct nf_conntrack_zone}). */
record ConntrackZone(int id, boolean ofOriginal, boolean ofReply) {
    static final ConntrackZone NONE = new ConntrackZone(0, true, true);

    static ConntrackZone of(int id) {
        return new ConntrackZone(id, true, true);
    }

    /** The zone of a connection. */
    static ConntrackZone of(ConnectionContents entry) {
        OptionalInt own = entry.original().zone();
        OptionalInt back = entry.reply().zone();
        if (own.orElse(0) != 0) {
            return new ConntrackZone(own.getAsInt(), true, false);
        }
        if (back.orElse(0) != 0) {
            return new ConntrackZone(back.getAsInt(), false, true);
        }
        return of(entry.attributes()
                .value(ConntrackAttribute.ZONE.code())
                .map(value -> value.u16(0))
                .orElse(0));
    }

    /** Combined with the zone of a request's tuple. Only one tuple may have one. */
    ConntrackZone with(@Nullable ConntrackTuple tuple, boolean reply) throws Refused {
        if (tuple == null || tuple.zone().isEmpty()) {
            return this;
        }
        if (id != 0) {
            throw new Refused(Errno.EINVAL);
        }
        return new ConntrackZone(tuple.zone().getAsInt(), !reply, reply);
    }

    /** Its id for a direction; 0 if it does not apply to it. */
    int idOf(boolean reply) {
        return (reply ? ofReply : ofOriginal) ? id : 0;
    }
}
