// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event;

/**
 * The result of bringing a {@link ConntrackMirror} up to date.
 *
 * @param dumps the number of dumps: more than one if the table was reorganised meanwhile
 * @param complete whether the last dump was complete. If not, the mirror may lack connections, and none was removed
 *     from it; resynchronise again later, which the next event does, too
 * @param added the number of connections that were missing in the mirror
 * @param changed the number of connections that differed
 * @param removed the number of connections that no longer exist
 */
public record Resynchronisation(int dumps, boolean complete, long added, long changed, long removed) {}
