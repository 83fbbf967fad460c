// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kotlin

import dev.nfkit.netfilter.NetfilterPacket
import dev.nfkit.nflog.NflogCaptureFiles
import dev.nfkit.nflog.NflogCaptureWriter
import dev.nfkit.nflog.NflogPacket
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.map

/** The payloads of the packets, each in an array of its own. */
public fun Flow<NetfilterPacket>.payloads(): Flow<ByteArray> = map { it.payload().toArray() }

/**
 * Writes the packets to a capture file until the flow ends, and neither finishes nor closes the file.
 *
 *     session.packets.take(1000).writeTo(file)
 *
 * Writing blocks the collecting coroutine's thread: collect in `Dispatchers.IO` if that matters. A cancellation ends it
 * between two packets.
 *
 * @param file the file, whose groups are those of the packets; used by one coroutine at a time
 * @return the number of packets that were written; a file of raw IP packets has no others
 * @throws java.io.IOException if writing fails
 */
public suspend fun Flow<NflogPacket>.writeTo(file: NflogCaptureWriter): Long {
    var written = 0L
    collect { if (file.write(it)) written++ }
    return written
}

/**
 * Writes the packets to capture files until the flow ends, and does not close them.
 *
 *     session.packets.writeTo(files)
 *
 * Writing blocks the collecting coroutine's thread: collect in `Dispatchers.IO` if that matters. A cancellation ends it
 * between two packets.
 *
 * @param files the files; used by one coroutine at a time
 * @return the number of packets that were written; files of raw IP packets have no others
 * @throws java.io.IOException if writing fails, or if the next file cannot be opened
 */
public suspend fun Flow<NflogPacket>.writeTo(files: NflogCaptureFiles): Long {
    var written = 0L
    collect { if (files.write(it)) written++ }
    return written
}
