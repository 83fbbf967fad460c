// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

/** Marks the receivers of configuration blocks, so that an inner block does not reach the outer one by accident. */
@DslMarker
@Target(AnnotationTarget.CLASS)
public annotation class NfkitDsl
