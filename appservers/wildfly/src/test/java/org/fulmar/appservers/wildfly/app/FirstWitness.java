package org.fulmar.appservers.wildfly.app;

import java.nio.file.Path;
import org.jboss.tm.FirstResource;

/** A witness that is told to prepare and commit before all other resources, whenever it was enlisted. */
final class FirstWitness extends Witness implements FirstResource {
    FirstWitness(String name, Path directory) {
        super(name, directory);
    }
}
