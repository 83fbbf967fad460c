// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.event

import dev.nfkit.socket.EventFilter

/** The filter for the socket. */
internal fun ConntrackEventOptions.socketFilter(): EventFilter = eventFilter()
