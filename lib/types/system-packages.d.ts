export type PackageLists = {
    build: string[];
    run: string[];
    test: string[];
};
/** @typedef {{ build: string[], run: string[], test: string[] }} PackageLists */
/** @type {{ debian: PackageLists & { extra: string[] }, fedora: PackageLists, alpine: PackageLists, macos: PackageLists }} */
export declare const systemPackages: {
    debian: PackageLists & {
        extra: string[];
    };
    fedora: PackageLists;
    alpine: PackageLists;
    macos: PackageLists;
};
