// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import dev.nfkit.CodedError;
import dev.nfkit.ErrorCode;
import dev.nfkit.PrintableText;
import java.io.IOException;

/**
 * A file is not a capture file, ends within a structure, or contradicts itself. Nothing else is thrown for the content
 * of a file; a failing disk throws its own IOException.
 */
public final class PcapFormatException extends IOException implements CodedError {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final long offset;
    private final String expected;
    private final String found;

    /**
     * Describes what is wrong with a file.
     *
     * @param file the file's name, as the caller gave it
     * @param offset the place of the error, in bytes from the file's start
     * @param expected what the format requires there
     * @param found what was found
     */
    public PcapFormatException(String file, long offset, String expected, String found) {
        super(PrintableText.of(file + ": at byte " + offset + ": expected " + expected + ", found " + found));
        this.file = file;
        this.offset = offset;
        this.expected = expected;
        this.found = found;
    }

    /**
     * The file.
     *
     * @return its name, as the caller gave it
     */
    public String file() {
        return file;
    }

    /**
     * The place of the error.
     *
     * @return bytes from the file's start
     */
    public long offset() {
        return offset;
    }

    /**
     * What the format requires there.
     *
     * @return the requirement in words
     */
    public String expected() {
        return expected;
    }

    /**
     * What was found.
     *
     * @return the finding in words
     */
    public String found() {
        return found;
    }

    /**
     * The code of this error.
     *
     * @return {@link ErrorCode#FILE_FORMAT}
     */
    @Override
    public ErrorCode code() {
        return ErrorCode.FILE_FORMAT;
    }
}
