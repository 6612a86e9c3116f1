export type AddressChoice = {
    wanted?: string[];
    ignored: string[];
};
export type LocalAddress = {
    name: string;
    address: string;
    internal: boolean;
};
/**
 * @param {unknown} wanted
 * @param {unknown} ignored
 * @returns {AddressChoice}
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT
 */
export declare function checkInterfaces(wanted: unknown, ignored: unknown): AddressChoice;
/**
 * The chosen addresses, for a new connection.
 * @param {AddressChoice} choice
 * @returns {string[]} at least one
 * @throws {import('./errors.js').UrchinError} ERR_INVALID_ARGUMENT: nothing here is chosen
 */
export declare function localAddresses(choice: AddressChoice): string[];
/**
 * The chosen addresses that are there now, for a connection that exists.
 * @param {AddressChoice} choice
 * @returns {string[]} empty: there is no network at the moment
 */
export declare function presentAddresses(choice: AddressChoice): string[];
