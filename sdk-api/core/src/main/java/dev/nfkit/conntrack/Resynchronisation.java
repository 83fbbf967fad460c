package dev.nfkit.conntrack;

/**
 * How a {@link ConntrackMirror} was brought up to date.
 *
 * @param dumps how many dumps it took: more than one where the table changed its shape meanwhile
 * @param complete whether the last dump was whole. If not, the mirror may lack connections, and none was removed from it;
 *     resynchronise again later; the next event does it, too
 * @param added how many connections were missing in the mirror
 * @param changed how many were otherwise
 * @param removed how many were gone
 */
public record Resynchronisation(int dumps, boolean complete, long added, long changed, long removed) {}
