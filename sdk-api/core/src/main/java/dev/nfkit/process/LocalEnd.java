// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import java.util.Optional;

/**
 * An end of a connection, as this network namespace has it. Immutable.
 *
 * @param local whether its address is one of this network namespace, or a group that it may receive from
 * @param socket its socket; empty if there is none, as for every end that is not local
 */
public record LocalEnd(boolean local, Optional<SocketInfo> socket) {}
