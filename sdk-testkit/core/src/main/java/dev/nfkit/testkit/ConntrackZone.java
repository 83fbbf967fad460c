package dev.nfkit.testkit;

import dev.nfkit.Errno;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A zone and the directions that it holds for ({@code struct nf_conntrack_zone}). */
record ConntrackZone(int id, boolean ofOriginal, boolean ofReply) {
    static final ConntrackZone NONE = new ConntrackZone(0, true, true);

    static ConntrackZone of(int id) {
        return new ConntrackZone(id, true, true);
    }

    /** The zone that a connection lies in. */
    static ConntrackZone of(SampleConntrack entry) {
        OptionalInt own = entry.original().zone();
        OptionalInt back = entry.reply().zone();
        if (own.orElse(0) != 0) {
            return new ConntrackZone(own.getAsInt(), true, false);
        }
        if (back.orElse(0) != 0) {
            return new ConntrackZone(back.getAsInt(), false, true);
        }
        return of(entry.attributes
                .value(dev.nfkit.conntrack.ConntrackAttribute.ZONE.code())
                .map(value -> value.u16(0))
                .orElse(0));
    }

    /** With the zone that a tuple of a request has of its own, of which there may be one only. */
    ConntrackZone with(@Nullable SampleTuple tuple, boolean reply) throws Refused {
        if (tuple == null || tuple.zone().isEmpty()) {
            return this;
        }
        if (id != 0) {
            throw new Refused(Errno.EINVAL);
        }
        return new ConntrackZone(tuple.zone().getAsInt(), !reply, reply);
    }

    /** Its id for a direction, 0 where it does not hold. */
    int idOf(boolean reply) {
        return (reply ? ofReply : ofOriginal) ? id : 0;
    }
}
