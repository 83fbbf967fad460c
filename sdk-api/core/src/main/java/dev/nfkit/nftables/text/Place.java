package dev.nfkit.nftables.text;

/**
 * The place of something in a text.
 *
 * @param line the line of its first character, from 1
 * @param column the column of its first character, from 1
 * @param text its characters
 */
public record Place(int line, int column, String text) {}
