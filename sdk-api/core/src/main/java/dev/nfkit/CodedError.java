// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

/**
 * An error that has a stable code. The exceptions that this library defines implement it, checked or not. A wrong option is
 * an {@link IllegalArgumentException} without a code, whose message names the option and its range.
 */
public interface CodedError {
    /**
     * The code of the error.
     *
     * @return the code, whose link leads to cause and cure
     */
    ErrorCode code();
}
