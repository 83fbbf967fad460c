package dev.nfkit.anonymize;

/** What everything is replaced by, for one recording. One thread at a time. */
final class Scrub {
    final Key key;
    final AddressMap addresses;

    Scrub(String seed) {
        key = new Key(seed);
        addresses = new AddressMap(key);
    }
}
