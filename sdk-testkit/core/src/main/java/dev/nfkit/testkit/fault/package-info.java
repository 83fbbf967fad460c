/**
 * Faults as data, on any transport: a plan says which fault befalls which event, a decorator does it, and many runs with
 * different seeds look for what breaks.
 */
@NullMarked
package dev.nfkit.testkit.fault;

import org.jspecify.annotations.NullMarked;
