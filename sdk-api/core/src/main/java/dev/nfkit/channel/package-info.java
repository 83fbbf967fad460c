/**
 * The conversation with the kernel over one socket: requests and their answers, and the life of a session. Not
 * exported: sessions are what users see.
 */
@NullMarked
package dev.nfkit.channel;

import org.jspecify.annotations.NullMarked;
