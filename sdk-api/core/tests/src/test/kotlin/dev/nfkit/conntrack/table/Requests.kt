// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table

import dev.nfkit.wire.MessageWriter

/** Writes the attributes of a request. */
internal fun MessageWriter.write(expectation: NewExpectation) = expectation.writeTo(this)
