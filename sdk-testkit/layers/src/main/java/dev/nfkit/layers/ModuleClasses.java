// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.layers;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;

/** Reads the classes of one module, without its tests and without other modules that share a root package. */
final class ModuleClasses {
    private ModuleClasses() {}

    /**
     * Reads all classes below the package of a class, from the directory or jar that contains it.
     *
     * @throws IllegalStateException if there are none
     */
    static JavaClasses of(Class<?> inRoot) {
        String place =
                inRoot.getProtectionDomain().getCodeSource().getLocation().getPath();
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(location -> location.contains(place))
                .importPackages(inRoot.getPackageName());
        if (classes.isEmpty()) {
            throw new IllegalStateException("no class was found in " + place);
        }
        return classes;
    }
}
